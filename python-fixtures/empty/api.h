/* This DLL declares no function: all it can do is to start Python. */
