/* What the browser's worker and snapshot.mjs have in common: the Python that they start.  made by symnet */

/* The commands, each in the same Python. */
export const START = `
from symnet.cli import main
from symnet.page.live.inside import Session, import_all, settle

session = Session(main)
`;

/* Everything imported, and a first exercise solved. */
export const WARM = `
import_all()
from symnet.starts import text_of
session.command(["worksheet", "a.toml", "-o", "s.html", "--key", "k.html"], {"a.toml": text_of("relu")})
settle()
`;

export const PACKAGES = "/packages";

/* Python finds the wheels where they are; what is imported from them is read when it is. */
export function put(python, wheels) {
  python.FS.mkdirTree(PACKAGES);
  for (const [name, content] of wheels) python.FS.writeFile(`${PACKAGES}/${name}`, content);
}

export const found = (names) =>
  `import sys\nsys.path += [${names.map((name) => JSON.stringify(`${PACKAGES}/${name}`)).join(", ")}]`;

/* After its memory has been read: the wheels here hold text, and those that it was made with held code. */
export const ANEW = `
import importlib, sys, zipimport

importlib.invalidate_caches()
for path in sys.path:
    if path.endswith(".whl"):
        zipimport.zipimporter(path)
`;

/* Unpacked, many files are imported sooner than out of a wheel. */
export function unpack(python, wheels) {
  for (const [name, content] of wheels) python.unpackArchive(content.slice().buffer, "wheel");
}

/* Starts Python from its memory as it was kept, {content, create}: it must first be as large as it was then. */
export function restoring(snapshot, create) {
  const bytes = snapshot.length - new Uint32Array(snapshot.buffer, snapshot.byteOffset, 2)[1];
  return {
    _loadSnapshot: snapshot,
    createPyodideModule: async (settings) => {
      const module = await create(settings);
      while (module.HEAP8.length < bytes)
        if (!module._malloc(bytes - module.HEAP8.length)) throw new Error("there is not enough memory");
      module.HEAP8.fill(0, bytes);
      return module;
    },
  };
}
