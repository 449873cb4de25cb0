import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readCommandLine, UsageError } from '../../infra/command-line.mjs';
import '../support/stack-tier';

const ROOT = path.resolve(__dirname, '../..');

const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

/** What others made has a help of its own. */
const TOOLS = ['types', 'lint', 'format', 'arrows'];
const commands = Object.entries(scripts).filter(([name]) => !TOOLS.includes(name));

interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a command as npm does, without npm. */
const run = (script: string, args: string[], cwd = ROOT): Promise<Ran> =>
  new Promise((resolve) => {
    const child = execFile('/bin/sh', ['-c', `${script} "$@"`, 'sh', ...args], { cwd }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });

test.each(commands)(
  'npm run %s says what it does when asked for help',
  async (name, script) => {
    const { code, stdout, stderr } = await run(script, ['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`npm (run )?(-s )?${name}\\b`));
  },
  60_000,
);

test.each(commands.filter(([name]) => name !== 'test'))(
  'npm run %s refuses what it does not know, and shows how it is used',
  async (_, script) => {
    const { code, stdout, stderr } = await run(script, ['--no-such-option']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^Unknown option '--no-such-option'\n\nusage: npm /);
  },
  60_000,
);

test('a command line is read by one rule: options that are known, and no more arguments than a command takes', () => {
  const plan = { usage: 'usage', options: { save: { type: 'string' } }, operands: 1 } as const;
  expect(readCommandLine(plan, ['ord_1', '--save', 'file'])).toEqual({ values: { save: 'file' }, operands: ['ord_1'] });
  expect(() => readCommandLine(plan, ['ord_1', 'ord_2'])).toThrow("Unexpected argument 'ord_2'");
  expect(() => readCommandLine(plan, ['--save'])).toThrow(UsageError);
});

describe('in a clone in which nothing was installed yet', () => {
  let clone: string;

  beforeEach(() => {
    clone = mkdtempSync(path.join(tmpdir(), 'consign-clone-'));
    mkdirSync(path.join(clone, 'infra'));
    for (const file of ['infra/run-command.mjs', 'infra/command-line.mjs']) {
      copyFileSync(path.join(ROOT, file), path.join(clone, file));
    }
  });

  afterEach(() => rmSync(clone, { recursive: true }));

  test.each(commands.filter(([name]) => !['start', 'dev', 'test', 'bench'].includes(name)))(
    'npm run %s says in one line what to do first',
    async (_, script) => {
      expect(await run(script, [], clone)).toEqual({
        code: 2,
        stdout: '',
        stderr: 'the packages are not installed yet (tsx is missing): run npm start first, or npm ci\n',
      });
    },
  );

  test('a command says what to do about a client that is not generated', async () => {
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(clone, 'node_modules'));
    writeFileSync(path.join(clone, 'command.ts'), `import './infra/database/generated/client';`);
    expect(await run('node infra/run-command.mjs command.ts', [], clone)).toEqual({
      code: 2,
      stdout: '',
      stderr: 'the database client is not generated yet: run npm start first\n',
    });
  });
});
