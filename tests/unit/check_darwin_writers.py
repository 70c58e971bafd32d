"""Reads back what test_write_{xml,seatbelt,ruby,yaml} wrote, and compares it with what was meant.

check_darwin_writers.py xml|seatbelt|ruby|yaml DIR
"""
import pathlib
import plistlib
import subprocess
import sys

import yaml

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "parse"))
sys.dont_write_bytecode = True
import seatbelt_check  # noqa: E402

TYPES = [True, False, 2**64 - 1, "<literal>", "name", "/a/path", "org.example.7", {}, []]
PATHS = [
    ["subpath", "/private/var/db/x"],
    ["literal", "/variable/x"],
    ["all", ["literal", "/"], ["literal", "/private"], ["literal", "/private/var"],
     ["literal", "/private/var/db"]],
    ["one", ["literal", "/"]],
]
# Each file's own bytes, one hexadecimal line a file; a file is an array of a text and a name.
RUBY = """ARGV.each do |path|
  text, name = eval(File.read(path, encoding: 'UTF-8'), TOPLEVEL_BINDING.dup, path)
  abort "#{path}: the name differs" unless name == 'a-name@1.2'
  puts text.unpack1('H*')
end"""


def read_xml(files):
    for file in files:
        # xmllint takes the DTD's name for a URL: the folder's own name may hold a space.
        subprocess.run(["xmllint", "--nonet", "--noout", "--dtdvalid", "plist.dtd", file],
                       check=True, stderr=subprocess.DEVNULL, cwd=HERE.parent / "parse")
        value = plistlib.loads(file.read_bytes())
        if list(value) != ["text", "types"] or value["types"] != TYPES:
            sys.exit(f"{file}: the types read back differently")
        xpath = subprocess.run(
            ["xmllint", "--nonet", "--xpath", "string(/plist/dict/string)", file],
            check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        yield value["text"].encode()
        # xmllint ends its answer with a newline of its own.
        if xpath.stdout != value["text"].encode() + b"\n":
            sys.exit(f"{file}: libxml2 and plistlib read different texts")


def read_seatbelt(files):
    for file in files:
        reader = seatbelt_check.Reader(file.read_bytes().decode())
        text = reader.string()
        if [form for _, form in reader.forms()] != PATHS:
            sys.exit(f"{file}: the paths read back differently")
        yield text.encode()


def read_ruby(files):
    done = subprocess.run(["ruby", "-e", RUBY, *files], check=True, stdout=subprocess.PIPE)
    for line in done.stdout.decode().split("\n")[:-1]:
        yield bytes.fromhex(line)


YAML = {"list": ["name", 7, True, {}, {"in": "literal", "more": []}, {"deep": {"deeper": [{"a": 1, "b": 2}]}}],
        "path": "/a/path", "empty": {}, "none": [], "number": 2**64 - 1, "switch": False, "name": "org.example.7"}


def read_yaml(files):
    for file in files:
        text = file.read_text(encoding="utf-8")
        documents = list(yaml.load_all(text, yaml.SafeLoader))
        if documents != list(yaml.load_all(text, yaml.CSafeLoader)):
            sys.exit(f"{file}: PyYAML and libyaml read different texts")
        first, second = documents
        if second != YAML or list(second) != list(YAML) or any(
                line != line.rstrip() for line in text.split("\n") if line[:1] != "#"):
            sys.exit(f"{file}: the types read back differently")
        yield first["text"].encode()


def main(language, folder):
    read = {"xml": read_xml, "seatbelt": read_seatbelt, "ruby": read_ruby, "yaml": read_yaml}[language]
    files = sorted(pathlib.Path(folder).glob("*.written"))
    texts = list(read(files))
    if not files or len(texts) != len(files):
        sys.exit(f"{folder}: {len(files)} files, {len(texts)} read back")
    for file, text in zip(files, texts):
        if text != file.with_suffix(".text").read_bytes():
            sys.exit(f"{file}: read back as {text[:200]!r}")
    print(f"ok write_{language}: {len(files)} texts read back as written")


if __name__ == "__main__":
    main(*sys.argv[1:])
