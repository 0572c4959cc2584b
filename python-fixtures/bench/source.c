static int back(int x) {
    return x + 1;
}
