int partial_size(void);
