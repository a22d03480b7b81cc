/* Part one. */

int one(void) { return 1; }


/* Part two. */

int two(void) { return 2; }
