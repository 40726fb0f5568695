"""Reading SBML and Antimony: one valid, flat SBML document comes out, as text."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from bridge_pharmacology.sbml.refused import Refused, libsbml, needed
from bridge_pharmacology.sbml.refusing import refuse_packages

#: The Antimony library holds one session for the whole process.
_antimony_session = threading.Lock()


def sbml_text(document: str | Path) -> str:
    """SBML of a file (SBML or Antimony), or of a text in either language, valid and without submodels.

    Models of the comp package are flattened, external ones included, which a file finds beside itself. Raises Refused
    for what cannot be read or is not valid, with what the library says of it and where.
    """
    path = _path(document)
    if path is None:
        text, where = str(document), "the text"
    else:
        where = f"the file {str(path)!r}"
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except (OSError, UnicodeDecodeError) as reason:
            raise Refused(f"{where} cannot be read: {reason}.") from None
    if not text.lstrip().startswith("<"):
        return _from_antimony(text, where)
    return _flat(text, path, where)


def _path(document: str | Path) -> Path | None:
    """The file that is meant, None for a text."""
    if isinstance(document, str) and ("\n" in document or document.lstrip().startswith("<") or "->" in document):
        return None
    path = Path(document)
    if path.is_file():
        return path
    raise Refused(
        f"there is no file {str(path)!r}. Write the path of an SBML or Antimony file, SBML text, or Antimony text "
        "of more than one line."
    )


def _from_antimony(text: str, where: str) -> str:
    try:
        import antimony  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        raise needed("antimony", "antimony") from None
    with _antimony_session:
        antimony.clearPreviousLoads()
        if antimony.loadAntimonyString(text) < 0:
            raise Refused(f"{where} is neither SBML nor Antimony: {antimony.getLastError().strip()}")
        made = antimony.getSBMLString(antimony.getMainModuleName())
    return _flat(made, None, where)


def _flat(text: str, path: Path | None, where: str) -> str:
    library = libsbml()
    try:
        refuse_packages(text)
    except ElementTree.ParseError as reason:
        raise Refused(f"{where} is not XML: {reason}.") from None
    document = library.readSBMLFromString(text) if path is None else library.readSBMLFromFile(str(path))
    _refuse_errors(document, where)
    if document.getModel() is None:
        raise Refused(f"{where} holds no model.")
    if document.getPlugin("comp") is None:
        return text
    options = library.ConversionProperties()
    options.addOption("flatten comp", True)
    options.addOption("basePath", str(path.parent) if path else ".")
    options.addOption("performValidation", False)
    options.addOption("leavePorts", False)
    options.addOption("abortIfUnflattenable", "requiredOnly")
    if document.convert(options) != library.LIBSBML_OPERATION_SUCCESS:
        log = document.getErrorLog()
        said = " ".join(log.getError(i).getMessage().strip() for i in range(log.getNumErrors()))
        raise Refused(f"{where} has submodels (package comp) that cannot be put together: {said}")
    flat: str = library.writeSBMLToString(document)
    _refuse_errors(library.readSBMLFromString(flat), f"{where}, its submodels put together,")
    return flat


def _refuse_errors(document: Any, where: str) -> None:
    """Refuse what breaks a rule of SBML; warnings, of units for one, are no errors. Raises Refused."""
    library = libsbml()
    if document.getNumErrors(library.LIBSBML_SEV_FATAL) == 0:
        document.setConsistencyChecks(library.LIBSBML_CAT_UNITS_CONSISTENCY, False)
        document.setConsistencyChecks(library.LIBSBML_CAT_MODELING_PRACTICE, False)
        document.setConsistencyChecks(library.LIBSBML_CAT_SBO_CONSISTENCY, False)
        document.checkConsistency()
    log = document.getErrorLog()
    heading = (library.MissingXMLEncoding, library.MissingXMLDecl)  # of a text that was read as what it is
    said = [
        f"line {error.getLine()}: {' '.join(error.getMessage().split())}"
        for error in (log.getError(i) for i in range(log.getNumErrors()))
        if error.getSeverity() >= library.LIBSBML_SEV_ERROR and error.getErrorId() not in heading
    ]
    if said:
        more = f" And {len(said) - 3} more." if len(said) > 3 else ""
        raise Refused(f"{where} is not valid SBML. {' '.join(said[:3])}{more}")
