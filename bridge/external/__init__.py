"""Programs as models: a command with input templates and output patterns, run in a folder of its own.

from bridge import external

HEAT = external.Program("heat", command=["./heat"])

@external.model("heat.bar", scale=…, program=HEAT, files={"in": "{{ length | to('m') }}"}, reads={…})
def bar(length: Annotated[float, "m"]) -> Bar:
    \"\"\"Temperature of a bar.\"\"\"
"""

from bridge.external.declaring import model as model
from bridge.external.errors import ProgramFailed as ProgramFailed
from bridge.external.folder import Given as Given
from bridge.external.launchers import Mpi as Mpi
from bridge.external.launchers import Srun as Srun
from bridge.external.program import Program as Program
from bridge.external.program import by_date as by_date
from bridge.external.reads import Absent as Absent
from bridge.external.reads import Found as Found
from bridge.external.reads import Json as Json
from bridge.external.reads import Kept as Kept
from bridge.external.reads import Present as Present
from bridge.external.reads import Structure as Structure
from bridge.external.reads import Table as Table
