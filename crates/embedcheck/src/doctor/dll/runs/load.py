def load(name, path):
    # By its path: the name of the file is another matter.
    import sys
    if sys.version_info[0] == 2:
        import imp
        return imp.load_dynamic(name, path)
    import importlib.machinery
    import importlib.util
    import os
    name, path = name.decode(), os.fsdecode(path)
    loader = importlib.machinery.ExtensionFileLoader(name, path)
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    loader.exec_module(module)
    return module
