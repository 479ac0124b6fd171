"""What may come in from outside: who asks and by what name, where, how much, how often."""
