"""What goes out in packs does the same as what is written: every module is there, once, and exports what it exports."""

import json
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from config import sheets
from config.storage import OURS, packed, shortened
from projects.web.annotator import es_modules, packs

MAIN = "js/studio/main.js"
# Each module of a pack beside the module as it is written. What begins a page does so here as well, and finds none.
COMPARE = """
process.on("unhandledRejection", () => {});
globalThis.document = { querySelector: () => null, addEventListener() {} };
const [root, packs, members] = JSON.parse(process.argv[1]);
const found = {};
for (const [pack, modules] of Object.entries(members)) {
  const whole = await import(`${packs}/${pack}.js`);
  for (const [name, called] of modules) {
    if (!(called in whole)) { found[name] = null; continue; }
    const written = await import(`${root}/${name}`);
    found[name] = [Object.keys(written).sort(), Object.keys(whole[called]).sort()];
  }
}
console.log(JSON.stringify(found));
"""


def test_every_module_of_a_pack_exports_what_it_exports_by_itself(tmp_path: Path) -> None:
    for name, text in packed():
        if name.endswith(".js"):
            (tmp_path / Path(name).name).write_text(shortened(text, "js"))
    (tmp_path / "package.json").write_text('{"type": "module"}')
    members = {pack: [(one, packs.variable(one)) for one in modules] for pack, modules in packs.members().items()}
    given = json.dumps([str(Path(settings.BASE_DIR) / "static"), str(tmp_path), members])
    command = ["node", "--input-type=module", "--eval", COMPARE, "--", given]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found.pop(MAIN) is None, "what begins a page exports nothing"
    assert len(found) > 80
    assert {name: names for name, names in found.items() if names is None or names[0] != names[1]} == {}


def test_every_module_of_the_studio_lies_in_one_pack() -> None:
    apart = {"js/studio/first_claim.js"}  # a classic script, by itself
    written = {f"js/{path}" for path in _names("js") if path.startswith("studio/")} - apart
    elsewhere = written - set(packs.holding())
    assert elsewhere == {"js/studio/shell/key_tables.js"}, "which the page of one's own keys uses"
    assert sum(map(len, packs.members().values())) == len(packs.holding())


def test_a_first_edit_needs_two_packs_and_all_that_its_modules_import(settings) -> None:
    settings.PACKED = True
    assert packs.needed_by(MAIN, "js/studio/image_regions.js") == ("js/packs/studio.js", "js/packs/image.js")
    settings.PACKED = False
    assert packs.needed_by(MAIN, "js/studio/image_regions.js") == es_modules.needed_by(
        MAIN, "js/studio/image_regions.js"
    )


@pytest.mark.parametrize(
    "line",
    [
        'import dialogs from "./shell/dialogs.js";',
        'import { say } from "./shared/words.js"; say("");',
        "export default say;",
        "export let phase = 0;",
        "export { say };",
    ],
)
def test_what_packs_do_not_know_ends_the_collecting(line: str, monkeypatch) -> None:
    source = es_modules.source
    monkeypatch.setattr(es_modules, "source", lambda name: source(name) + (f"\n{line}\n" if name == MAIN else ""))
    with pytest.raises(ValueError, match="main.js: packs don't know"):
        packs.written("studio", lambda module: module)


def test_what_is_fetched_later_lies_in_a_pack(monkeypatch) -> None:
    source = es_modules.source
    late = '\nimport("./shell/key_tables.js");\n'
    monkeypatch.setattr(es_modules, "source", lambda name: source(name) + (late if name == MAIN else ""))
    with pytest.raises(ValueError, match="key_tables.js lies in no pack"):
        packs.written("studio", lambda module: module)


def test_styles_keep_their_order_and_ask_for_no_other_file(settings, monkeypatch) -> None:
    whole = sheets.written("base")
    css = Path(settings.BASE_DIR) / "static" / "css"
    places = [whole.index((css / f"{name}.css").read_text()) for name in sheets.PACKS["base"]]
    assert places == sorted(places)
    settings.PACKED = False
    assert sheets.addresses("base") == [f"/static/css/{name}.css" for name in sheets.PACKS["base"]]
    settings.PACKED = True
    assert sheets.addresses("base") == ["/static/css/packs/base.css"]
    monkeypatch.setattr(Path, "read_text", lambda *_given, **_named: "body { background: url(paper.png) }")
    with pytest.raises(ValueError, match="tokens.css asks for another file"):
        sheets.written("base")


def test_packs_are_shortened_like_all_that_is_ours() -> None:
    for name, _text in packed():
        assert OURS.fullmatch(name) and finders.find(name) is None, "it is made, and hides no file"


def _names(folder: str) -> list[str]:
    root = Path(settings.BASE_DIR) / "static" / folder
    return [str(path.relative_to(root)) for path in root.rglob("*.js")]
