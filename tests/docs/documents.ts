import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.resolve(__dirname, '../..');

/** A document, by its path from the project's folder. */
export interface Document {
  file: string;
  text: string;
}

export const read = (file: string): Document => ({ file, text: readFileSync(path.join(ROOT, file), 'utf8') });

/** Everything that is written for people: README, CHANGELOG, CONTRIBUTING and docs/. */
export function documents(): Document[] {
  const below = readdirSync(path.join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' });
  const files = below.filter((file) => file.endsWith('.md')).map((file) => path.posix.join('docs', file));
  return ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', ...files.sort()].map(read);
}

/** The cells of the tables whose first column has that heading, row by row. */
export function rowsOf({ text }: Document, heading: string): string[][] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => cellsOf(line)[0] === heading);
  if (start === -1) throw new Error(`there is no table whose first column is "${heading}"`);
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map(cellsOf);
}

const cellsOf = (line: string): string[] =>
  line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());

/** A table in the form that the formatter gives it: each column as wide as its widest cell. */
export function tableOf(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((name, column) => Math.max(name.length, 3, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** What stands in backticks, without them. */
export const codeIn = (cell: string): string => /^`([^`]+)`/.exec(cell)?.[1] ?? cell;

/**
 * The block of a document that is derived from the code. With `UPDATE_DOCS=1` in the environment it is first written
 * anew: `UPDATE_DOCS=1 npm test -- tests/docs`.
 */
export function derivedBlock(file: string, name: string, derived: string): string {
  const [start, end] = [`<!-- derived: ${name} -->\n`, '\n<!-- /derived -->'];
  const { text } = read(file);
  const from = text.indexOf(start) + start.length;
  const to = text.indexOf(end, from - 1);
  if (!text.includes(start) || to < from) throw new Error(`${file} has no block between ${start} and ${end}`);
  if (process.env['UPDATE_DOCS'] !== '1') return text.slice(from, to).trim();
  writeFileSync(path.join(ROOT, file), `${text.slice(0, from)}\n${derived}\n${text.slice(to)}`);
  return derived;
}
