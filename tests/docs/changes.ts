/** A change of a file that a document shows: a whole new file, or lines in their place. */
export interface Change {
  file: string;
  isNew: boolean;
  /** The lines that are there; empty for a new file. */
  before: string;
  after: string;
}

/** The changes that a document shows: each block of code, for the file that the text before it names last. */
export function changesIn(text: string): Change[] {
  const blocks = [...text.matchAll(/`([\w./-]+\.ts)`:\n\n```(ts|diff)\n([\s\S]*?)```\n/g)];
  const all = [...text.matchAll(/^```(?:ts|diff)$/gm)];
  if (blocks.length !== all.length) throw new Error('a block of code has no file named before it');
  return blocks.map(([, file = '', kind, code = '']) => {
    if (kind === 'ts') return { file, isNew: true, before: '', after: code };
    const lines = code.trimEnd().split('\n');
    const unless = (sign: string) => linesOf(lines.filter((line) => !line.startsWith(sign)));
    return { file, isNew: false, before: unless('+'), after: unless('-') };
  });
}

const linesOf = (lines: readonly string[]): string => lines.map((line) => `${line.slice(1)}\n`).join('');

/** A file's text with a change in it. Throws unless the lines that it goes by are there, once. */
export function applied({ file, isNew, before, after }: Change, text: string): string {
  if (isNew) return after;
  const found = text.split(before).length - 1;
  if (found !== 1) throw new Error(`${file} has these lines ${found} times:\n${before}`);
  return text.replace(before, () => after);
}
