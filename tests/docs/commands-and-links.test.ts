import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { documents, ROOT, type Document } from './documents';

const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

const found = ({ text }: Document, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, hit = '']) => hit);

const withoutDiagrams = (document: Document): Document => ({
  ...document,
  text: document.text.replace(/```mermaid[\s\S]*?```/g, ''),
});

/** The anchor that a heading gets on the usual hosts. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

const anchorsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));

/** Our folders, in front of what can only be a path. */
const OWN_PATH =
  /`((?:activities|adapters|api|contracts|domain|infra|prisma|tests|workers|workflows|docs|bench)\/[\w./-]*)`/g;

describe.each(documents())('$file', (document) => {
  const folder = path.join(ROOT, path.dirname(document.file));

  test('each npm command is one of package.json', () => {
    const commands = found(document, /npm run (?:-s |--silent )?([\w:-]+)/g);
    expect(commands.filter((command) => !(command in scripts))).toEqual([]);
  });

  test('each relative link leads to a file, and to a heading of it', () => {
    const links = found(withoutDiagrams(document), /\]\(((?!https?:)[^)\s]+)\)/g);
    const broken = links.filter((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path.join(ROOT, document.file) : path.join(folder, file);
      return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
    });
    expect(broken).toEqual([]);
  });

  test('each path named is there', () => {
    const paths = found(document, OWN_PATH);
    const toBeMade = found(document, /New\s+file\s+`([^`]+)`/g);
    expect(paths.filter((each) => !existsSync(path.join(ROOT, each)) && !toBeMade.includes(each))).toEqual([]);
  });

  test('no sequence diagram holds a semicolon, which ends a statement there', () => {
    expect(found(document, /(```mermaid\nsequenceDiagram[^;]*?```)/g)).toHaveLength(
      found(document, /(```mermaid\nsequenceDiagram)/g).length,
    );
  });

  test('names no path of one machine', () => {
    expect(found(document, /((?:^|[\s"'`(])\/(?:work|home|root|Users)\/\S*)/gm)).toEqual([]);
  });
});
