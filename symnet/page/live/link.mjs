/* An exercise as the part of an address behind #, which no server is told: packed, and written in letters of addresses. */

const LONGEST = 200_000; // letters

async function through(bytes, stream) {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

export async function toLink(name, text) {
  const packed = await through(new TextEncoder().encode(JSON.stringify([name, text])), new CompressionStream("deflate-raw"));
  let letters = "";
  for (let i = 0; i < packed.length; i += 4096) letters += String.fromCharCode(...packed.subarray(i, i + 4096));
  return `#${btoa(letters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")}`;
}

/* [name, text], or null where it holds none. */
export async function fromLink(hash) {
  try {
    if (hash.length > LONGEST) return null;
    const packed = Uint8Array.from(atob(hash.slice(1).replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
    const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
    const parts = [];
    for (let size = 0, read; !(read = await reader.read()).done; ) {
      // A few letters may unpack to very many.
      if ((size += read.value.length) > 4 * LONGEST) return null;
      parts.push(read.value);
    }
    const found = JSON.parse(await new Blob(parts).text());
    return Array.isArray(found) && found.length === 2 && found.every((one) => typeof one === "string") ? found : null;
  } catch { return null; }
}
