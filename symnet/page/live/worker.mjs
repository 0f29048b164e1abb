/* Python, beside the page, which goes on answering while it works.  made by symnet */

let python, session;

const say = (what) => postMessage(what);

onmessage = async ({ data }) => {
  try {
    if (data.base) await start(data.base);
    else say({ id: data.id, found: JSON.parse(session(JSON.stringify(data))) });
  } catch (error) {
    say({ id: data.id, failed: String(error.message || error).trim().split("\n").pop() });
  }
};

/* Files come from the browser's own store where they are there already, and are counted. */
function counted(files, store) {
  const plain = fetch;
  const all = Object.values(files.sizes).reduce((sum, size) => sum + size, 0);
  let loaded = 0;
  const count = (bytes) => say({ loaded: (loaded += bytes), all });
  return async (asked, options) => {
    const url = asked.url || String(asked);
    const kept = await store?.match(url);
    const response = kept || (await plain(asked, options));
    if (!response.ok) throw new Error(`${url} is not there: ${response.status}`);
    if (!kept) await store?.put(url, response.clone()).catch(() => {});
    const through = new TransformStream({ transform(part, out) { count(part.byteLength); out.enqueue(part); } });
    return new Response(response.body.pipeThrough(through), { headers: response.headers });
  };
}

async function start(base) {
  const at = (path) => new URL(path, base).href;
  const files = await (await fetch(at("files.json"))).json();
  const store = await globalThis.caches?.open(files.store).catch(() => null);
  globalThis.fetch = counted(files, store);
  const bytes = async (path) => new Uint8Array(await (await fetch(at(path))).arrayBuffer());
  const wheels = Promise.all(files.wheels.map(async (path) => [path.split("/").pop(), await bytes(path)]));
  const memory = files.snapshot && unzipped(at(files.snapshot)).catch(() => null);
  const [{ loadPyodide }, ours] = await Promise.all([import(at("pyodide/pyodide.mjs")), import(at("python.mjs"))]);
  const plain = { indexURL: at("pyodide/"), stdout: () => {}, stderr: () => {} };
  const snapshot = await memory;
  if (snapshot) {
    try {
      const { default: create } = await import(at("pyodide/pyodide.asm.mjs"));
      python = await loadPyodide({ ...plain, ...ours.restoring(snapshot, create) });
      ours.put(python, await wheels);
      python.runPython(ours.ANEW);
      session = python.globals.get("session").run;
      session(JSON.stringify({ arguments: ["--version"] }));
    } catch (error) {
      console.warn(`symnet: without its memory: ${error.message}`);
      session = null;
    }
  }
  if (!session) {
    python = await loadPyodide(plain);
    say({ doing: "Starting Python" });
    ours.unpack(python, await wheels);
    python.runPython(ours.START);
    session = python.globals.get("session").run;
  }
  say({ ready: true });
}

async function unzipped(url) {
  const response = await fetch(url);
  const stream = response.body.pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
