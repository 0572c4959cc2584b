import sys

# The letters stand here as they are: the code must get into the DLL byte for byte. add1() is
# never attached.
for letter in "ÿሴﻜ":
    sys.stdout.write("%d\n" % ord(letter))
sys.stdout.flush()
