"""The host program's end of the control socket, modules/host/control.py. modules/proxy has a module of that name, too, and
in a process that has loaded it an import would give that one."""

import importlib.util
import pathlib

_PATH = pathlib.Path(__file__).resolve().parents[2] / "modules" / "host" / "control.py"
_SPEC = importlib.util.spec_from_file_location("host_control_of_modules", _PATH)
_MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)
Control, ControlError, LONGEST_LINE = _MODULE.Control, _MODULE.ControlError, _MODULE.LONGEST_LINE
