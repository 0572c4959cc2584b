double _Complex complex_twice(double _Complex);
