import path from 'node:path';
import { checkFixture, ROOT } from './fixture';

/** Code that must not stand in that folder, and the rule that says so. */
const forbidden = [
  ['workflows', 'export const now = Date.now();', 'no-restricted-properties'],
  ['workflows', 'export const now = new Date();', 'no-restricted-syntax'],
  ['workflows', 'setTimeout(() => undefined, 1);', 'no-restricted-globals'],
  ['workflows', `setHandler('cancel', async () => 1);`, 'no-restricted-syntax'],
  ['workflows', 'export const home = process.env;', 'no-restricted-globals'],
  ['workflows', 'export const chance = Math.random();', 'no-restricted-properties'],
  ['workflows', `export { readFileSync } from 'node:fs';`, 'no-restricted-imports'],
  ['workflows', 'Promise.resolve();', '@typescript-eslint/no-floating-promises'],
  ['workflows', '[1].forEach(async () => undefined);', '@typescript-eslint/no-misused-promises'],
  ['domain', 'export const now = Date.now();', 'no-restricted-properties'],
  ['activities', 'export const chance = Math.random();', 'no-restricted-properties'],
  ['activities', 'export const home = process.env;', 'no-restricted-properties'],
  ['infra', 'export const limit = AbortSignal.any([]);', 'no-restricted-properties'],
  ['api', 'export const limit = AbortSignal.any([]);', 'no-restricted-properties'],
  ['infra', 'export const same = (a: unknown, b: unknown) => a == b;', 'eqeqeq'],
  [
    'infra',
    `import { Other } from './other';\nexport type Same = Other;`,
    '@typescript-eslint/consistent-type-imports',
  ],
  ['infra', `export function long() {\n${'  void 0;\n'.repeat(70)}}`, 'max-lines-per-function'],
] as const;

const allowed = [
  ['workflows', 'export const day = new Date(0);', undefined],
  ['activities', 'export const now = Date.now();', undefined],
] as const;

const cases = [...forbidden, ...allowed].map(([folder, code, rule], index) => ({
  file: `${folder}/${index}.ts`,
  folder,
  code,
  rule,
  title: code.split('\n')[0],
}));

let broken: Map<string, string[]>;

beforeAll(async () => {
  const files = [
    ...cases.map(({ file, code }) => [file, code] as const),
    ['infra/other.ts', 'export interface Other { a: 1 }'],
    ['tsconfig.json', '{ "compilerOptions": { "strict": true, "lib": ["es2023"], "types": [] } }'],
  ] as const;
  const command = ['node_modules/eslint/bin/eslint.js', '--config', path.join(ROOT, 'eslint.config.mjs')];
  const report = await checkFixture(files, [...command, '--format', 'json', '.']);
  const results = report as { filePath: string; messages: { ruleId: string | null; message: string }[] }[];
  broken = new Map(
    results.map(({ filePath, messages }) => [filePath, messages.map(({ ruleId, message }) => ruleId ?? message)]),
  );
}, 60_000);

test.each(cases.filter(({ rule }) => rule))('$folder/ may not: $title ($rule)', ({ file, rule }) => {
  expect(broken.get(file)).toContain(rule);
});

test.each(cases.filter(({ rule }) => !rule))('$folder/ may: $title', ({ file }) => {
  expect(broken.get(file)).toEqual([]);
});
