import { isDatabaseDown } from '../../api/http/database-faults';
import { createTestDatabase, type TestDatabase } from '../support/database';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

test('every statement over a connection that the database has ended says that the database is down', async () => {
  const failures: unknown[] = [];
  await db.database.sql
    .transaction(async ({ query }) => {
      await query`SELECT pg_terminate_backend(pg_backend_pid())`.catch((error: unknown) => failures.push(error));
      await query`SELECT 1`.catch((error: unknown) => failures.push(error));
    })
    .catch((error: unknown) => failures.push(error));
  expect(String(failures[0])).toContain('terminating connection due to administrator command');
  expect(String(failures[2])).toContain('not queryable');
  expect(failures.map(isDatabaseDown)).toEqual([true, true, true]);
});

test('a statement that is wrong does not', async () => {
  const failure: unknown = await db.database.sql.query`SELECT nothing`.catch((error: unknown) => error);
  expect(isDatabaseDown(failure)).toBe(false);
});
