import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { stepKinds } from '../../domain/step-kinds';

const ROOT = path.join(__dirname, '../..');
const FOLDERS = ['books', 'activities'];

const KINDS = Object.keys(stepKinds).join('|');

/** A kind with what only a step's name has behind it: a parcel, a subject or a number. */
const SPELLED = new RegExp(`(^|[^\\w-])(${KINDS})[/#]`);

/** SQL that takes a step's name apart, or looks for what it begins or ends with. */
const PARSED = [
  /\bstep"?\s*(!?~|NOT\s+LIKE|LIKE|SIMILAR)/i,
  /\b(substr|substring|split_part|starts_with|strpos|position|left|right|regexp_\w+|replace)\s*\(\s*(\w+\.)?"?step\b/i,
];

/** SQL that compares a step's name with one that is written out. */
const COMPARED = new RegExp(`\\bstep"?\\s*(=|<>|IN\\s*\\()\\s*'(${KINDS})`, 'i');

/** A regular expression that knows a kind of step. */
const NAMED = new RegExp(`\\b(${KINDS})\\b`);

const offends = (text: string): boolean => [SPELLED, COMPARED, ...PARSED].some((pattern) => pattern.test(text));

/** What of a file's code spells or parses the name of a step, with its line. */
function offencesIn(code: string): string[] {
  const source = ts.createSourceFile('code.ts', code, ts.ScriptTarget.Latest, true);
  const offences: string[] = [];
  const visit = (node: ts.Node): void => {
    const isText = ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) || ts.isRegularExpressionLiteral(node);
    const text = isText ? node.getText(source) : '';
    const isImport = !ts.isSourceFile(node) && ts.isImportDeclaration(node.parent);
    if (!isImport && (offends(text) || (ts.isRegularExpressionLiteral(node) && NAMED.test(text)))) {
      offences.push(`${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${text.slice(0, 60)}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return offences;
}

const files = FOLDERS.flatMap((folder) =>
  readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.join(folder, file)),
);

test.each(files)('%s neither spells nor parses the name of a step', (file) => {
  expect(offencesIn(readFileSync(path.join(ROOT, file), 'utf8'))).toEqual([]);
});

test.each([
  "const sql = `SELECT FROM orders.saga_step WHERE step ~ '^authorise-payment'`",
  "const sql = `SELECT FROM orders.saga_step s WHERE s.step LIKE '%/BER'`",
  "const sql = `SELECT FROM orders.saga_step WHERE step = 'capture'`",
  "const sql = `SELECT FROM orders.saga_step WHERE step IN ('capture', 'hand-over')`",
  'const sql = `SELECT substr(r.step, 8) FROM payments.refund r`',
  "const sql = `SELECT split_part(step, '#', 2) FROM orders.saga_step`",
  "const name = 'refund/not-shipped/rest'",
  'const name = `pack/${parcel}`',
  'const name = `reserve-stock#${leg}`',
  'const isParcel = /^(pack|book)\\//.test(step)',
])('a violation is found: %s', (code) => {
  expect(offencesIn(code)).toHaveLength(1);
});

test.each([
  "const sql = `SELECT FROM orders.saga_step WHERE kind = 'capture' AND leg = 2`",
  'const sql = `SELECT FROM orders.saga_step WHERE step = ${stepName(id)}`',
  "const id = { kind: 'pack', parcel, leg }",
  "import { createBookActivities } from './shipping/book'",
])('what is data is none: %s', (code) => {
  expect(offencesIn(code)).toEqual([]);
});
