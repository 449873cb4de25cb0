/** Strings and punctuation of a valid JSON text; the rest, numbers and words, says nothing about names. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]/g;

/** An object or array that is open: the names seen in it, or undefined for an array, and where in it the scan is. */
interface Open {
  names: Set<string> | undefined;
  at: string | number;
  expectsName: boolean;
}

/**
 * The path of the first field that an object of a JSON text names twice, or undefined if there is none. `JSON.parse`
 * silently keeps the last of them. Reads the text once, without recursion, so that its cost grows with the length alone.
 *
 * @param json - a text that `JSON.parse` accepts
 */
export function duplicateName(json: string): (string | number)[] | undefined {
  const open: Open[] = [];
  for (const [token] of json.matchAll(TOKEN)) {
    const inner = open.at(-1);
    if (token === '{') open.push({ names: new Set(), at: '', expectsName: true });
    else if (token === '[') open.push({ names: undefined, at: 0, expectsName: false });
    else if (token === '}' || token === ']') open.pop();
    else if (token === ',') next(inner);
    else if (inner?.names && inner.expectsName) {
      inner.at = token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1);
      inner.expectsName = false;
      if (inner.names.has(inner.at)) return open.map(({ at }) => at);
      inner.names.add(inner.at);
    }
  }
  return undefined;
}

function next(inner: Open | undefined): void {
  if (typeof inner?.at === 'number') inner.at += 1;
  else if (inner) inner.expectsName = true;
}
