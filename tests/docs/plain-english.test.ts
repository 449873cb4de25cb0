import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { documents, ROOT } from './documents';
import { bannedIn } from './plain-words';
import { proseOf } from './prose';

/** What the project is made of, but for its tests. */
const FOLDERS = [
  ...[
    'adapters',
    'api',
    'bench',
    'books',
    'contracts',
    'demo',
    'domain',
    'events',
    'infra',
    'workers',
    'workflows',
    'activities',
  ],
  'workflow-client',
];

/** Texts of the demo that its tests expect. */
const KEPT = ['stuck, tried again', 'let go'];

const sources = FOLDERS.flatMap((folder) =>
  readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('generated'))
    .map((file) => path.posix.join(folder, file)),
);

test('no source uses a word that the glossary has a better one for', () => {
  const hits = sources.flatMap((file) =>
    proseOf(file, readFileSync(path.join(ROOT, file), 'utf8')).flatMap(({ line, text }) =>
      (KEPT.includes(text) ? [] : bannedIn(text)).map((hit) => `${file}:${line} ${hit}`),
    ),
  );
  expect(hits).toEqual([]);
});

test.each(documents())('$file uses no word that the glossary has a better one for', ({ text }) => {
  const hits = text
    .split(/\n{2,}/)
    .flatMap((paragraph) => bannedIn(paragraph.replace(/\n/g, ' ')).map((hit) => `${paragraph.slice(0, 60)}… ${hit}`));
  expect(hits).toEqual([]);
});

test.each([
  ['The order is taken up again.', 'recover, start, find'],
  ['The money is let go.', 'void, release'],
  ['It is made in one go.', 'in one trip, at once'],
  ['The hand-over was given up.', 'stop, skip, retry no more'],
  ['The customer is told.', 'signalled, recorded, informed, asked'],
  ['The workflow hears of it.', 'receive, get, be called with'],
  ['After ten tries it is dead.', 'attempts, retried, first attempt'],
  ['A release mends it.', 'repair, fix'],
  ['The step cannot be freed so.', 'does not apply: use …'],
  ['It goes no further.', 'more, later'],
  ['The run is behind the books.', 'after, late, guarded by'],
  ['Throws where there is none.', 'if, for a condition'],
  ['It is kept, since it may come back.', 'because, for a reason'],
])('finds the fault in "%s"', (sentence, say) => {
  expect(bannedIn(sentence)).toEqual([expect.stringContaining(say)]);
});

test.each([
  'It waits for news since then.',
  'The place where the parcel lies is known, since when is not.',
  'SELECT true WHERE id IS NULL',
  'The step takes a turn, and the upper limit of retries is read.',
])('finds no fault in "%s"', (sentence) => {
  expect(bannedIn(sentence)).toEqual([]);
});

test('finds comments and texts of a source, and no names', () => {
  const source = "/** One. */\nconst told = { first: `two ${told} three` }; // four\nimport x from 'five';\n";
  const found = proseOf('a.ts', source).map(({ line, text }) => `${line} ${text.trim()}`);
  expect(found.sort()).toEqual(['1 One.', '2 four', '2 three', '2 two']);
});
