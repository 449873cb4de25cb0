import { nextStatuses, orderStatuses } from '../../domain/order-status';
import { createTestDatabase, type TestDatabase } from '../support/database';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

test('the database allows exactly the moves of the domain table', async () => {
  const stored = await db.database.statusTransition.findMany();
  const inDatabase = stored.map(({ fromStatus, toStatus }) => `${fromStatus} → ${toStatus}`).sort();
  const inDomain = orderStatuses.flatMap((from) => nextStatuses(from).map((to) => `${from} → ${to}`)).sort();
  expect(inDatabase).toEqual(inDomain);
});
