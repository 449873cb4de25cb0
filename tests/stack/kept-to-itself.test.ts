import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { eventually } from '../support/eventually';
import { createTestStack, orderBody, type TestStack } from '../support/stack';

let stack: TestStack;
let dataDir: string;
let superuser: Client;

beforeAll(async () => {
  stack = await createTestStack();
  await stack.start();
  dataDir = stack.env['DATA_DIR']!;
  superuser = new Client({ connectionString: stack.databaseUrl('superuser') });
  await superuser.connect();
}, 240_000);

afterAll(async () => {
  await superuser.end();
  await stack.stop();
  stack.remove();
}, 60_000);

const asProduct = async <T>(run: (client: Client) => Promise<T>): Promise<T> => {
  const client = new Client({ connectionString: stack.databaseUrl() });
  await client.connect();
  try {
    return await run(client);
  } finally {
    await client.end();
  }
};

describe('what a stack keeps can be read by nobody else on the machine', () => {
  /** The bits by which others, and for files the group too, may do anything. */
  const open = (file: string) => statSync(file).mode & (statSync(file).isDirectory() ? 0o067 : 0o077);

  test('its folders and files are closed', () => {
    const inside = [dataDir, path.join(dataDir, 'log')].flatMap((folder) =>
      readdirSync(folder).map((name) => path.join(folder, name)),
    );
    expect(inside).toContain(path.join(dataDir, 'temporal.db'));
    expect([dataDir, ...inside].filter((file) => open(file) !== 0)).toEqual([]);
  });

  test('the passwords of its database are random, and in a file for its owner alone', async () => {
    expect(statSync(path.join(dataDir, 'database-passwords.json')).mode & 0o777).toBe(0o600);
    const guess = stack.databaseUrl('superuser').replace(/:[^:@]*@/, ':consign@');
    await expect(new Client({ connectionString: guess }).connect()).rejects.toThrow('password authentication failed');
  });
});

describe('the product', () => {
  test.each([
    ['runs no program', `COPY (SELECT 1) TO PROGRAM 'true'`],
    ['reads no file of the server', `SELECT pg_read_file('PG_VERSION')`],
    ['makes no table', 'CREATE TABLE orders.mine (id int)'],
    ['makes no table in the schema that everybody has', 'CREATE TABLE public.mine (id int)'],
    ['takes no rule away', 'ALTER TABLE orders.orders DISABLE TRIGGER ALL'],
    ['makes no role', 'CREATE ROLE another'],
  ])('%s', async (_, statement) => {
    await asProduct((client) => expect(client.query(statement)).rejects.toThrow(/permission denied|must be owner/));
  });

  test('owns nothing, and what the migrations made is theirs', async () => {
    const { rows } = await superuser.query<{ owner: string; superuser: boolean }>(`
      SELECT DISTINCT rolname AS owner, rolsuper AS superuser
      FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace JOIN pg_roles r ON r.oid = relowner
      WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'`);
    expect(rows).toEqual([{ owner: 'consign_owner', superuser: false }]);
  });
});

describe('no log shows a value of a row', () => {
  const person = { name: 'Marker Person', line1: '7 Marker Lane', email: 'marker@example.com', phone: '+4930999777' };
  const body = {
    ...orderBody(),
    shippingAddress: { ...orderBody().shippingAddress, name: person.name, line1: person.line1 },
    contact: { email: person.email, phone: person.phone },
  };
  const place = () => stack.call('POST', '/v1/orders', { body });
  const logOf = (name: string) => readFileSync(path.join(dataDir, 'log', `${name}.log`), 'utf8');

  /** A rule of a table that refuses what it sees, with a function of that body. */
  const refusing = async (table: string, refuse: string, run: () => Promise<void>) => {
    await superuser.query(`
      CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${refuse}; RETURN NEW; END $$;
      CREATE TRIGGER refuse BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION public.refuse();`);
    try {
      await run();
    } finally {
      await superuser.query(`DROP FUNCTION public.refuse() CASCADE`);
    }
  };

  test('of one that a constraint refuses, in a statement of the API', async () => {
    await superuser.query(`ALTER TABLE orders.recipient ADD CONSTRAINT no_marker CHECK (name <> '${person.name}')`);
    expect((await place()).status).toBe(500);
    await superuser.query('ALTER TABLE orders.recipient DROP CONSTRAINT no_marker');
    expect(logOf('api')).toContain('no_marker');
  });

  test('of one that is of the wrong form, or refused in words of its own', async () => {
    await refusing('orders.recipient', 'PERFORM NEW.name::int', async () => {
      expect((await place()).status).toBe(500);
    });
    expect(logOf('api')).toContain('22P02');
    await refusing('orders.recipient', `RAISE EXCEPTION '% is refused', NEW.email`, async () => {
      expect((await place()).status).toBe(500);
    });
    expect(logOf('api')).toContain('P0001');
  });

  test('of one that is refused in a step, by the worker', async () => {
    const whom = 'SELECT name FROM orders.recipient WHERE order_id = NEW.order_id';
    await refusing('sandbox.effect', `RAISE EXCEPTION '% gets nothing', (${whom})`, async () => {
      expect((await place()).status).toBe(202);
      await eventually(
        () => logOf('worker'),
        (log) => log.includes('P0001'),
        60_000,
      );
    });
  });

  test('in none of them, nor in what the launcher prints', () => {
    const logs = readdirSync(path.join(dataDir, 'log')).map((name) =>
      readFileSync(path.join(dataDir, 'log', name), 'utf8'),
    );
    for (const value of Object.values(person)) {
      expect([value, [...logs, stack.output()].some((log) => log.includes(value))]).toEqual([value, false]);
    }
  });
});
