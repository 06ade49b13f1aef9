// Being laid out.
