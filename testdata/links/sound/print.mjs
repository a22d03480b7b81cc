print();
