"""What notices say: a text file for each law and language. None of them was reviewed by a lawyer yet."""
