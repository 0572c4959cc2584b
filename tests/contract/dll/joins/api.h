int joins(int);
