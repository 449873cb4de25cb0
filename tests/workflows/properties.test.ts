import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { anyCase, type Case } from '../support/model/case';
import { startModel, type Model, type Ran } from '../support/model/runner';
import { startTimeSkippingTemporal, type TestTemporal } from '../support/temporal';

/** The same seed gives the same orders: SAGA_SEED=… npx jest tests/workflows/properties. */
const SEED = Number(process.env['SAGA_SEED'] ?? randomInt(1_000_000));
const RUNS = Number(process.env['SAGA_RUNS'] ?? 300);
const SIDE_BY_SIDE = 25;

let temporal: TestTemporal;
let model: Model;

beforeAll(async () => {
  temporal = await startTimeSkippingTemporal();
  model = await startModel(temporal);
});
afterAll(async () => {
  await model.stop();
  await temporal.stop();
});

/** Within this a counter-example is made as small as may be. */
const SHRINKING_MS = 150_000;

/** Runs the cases that a seed gives side by side, up to the first that fails; time passes when each waits for it. */
async function runAhead(): Promise<Map<string, Ran>> {
  const ran = new Map<string, Ran>();
  const cases = fc.sample(anyCase, { seed: SEED, numRuns: RUNS });
  for (let next = cases.splice(0, SIDE_BY_SIDE); next.length > 0; next = cases.splice(0, SIDE_BY_SIDE)) {
    await Promise.all(next.map(async (chosen) => ran.set(JSON.stringify(chosen), await model.run(chosen))));
    if ([...ran.values()].some(({ broken }) => broken.length > 0)) break;
  }
  return ran;
}

test(`whatever happens to ${RUNS} orders, each comes to rest and its books balance (seed ${SEED})`, async () => {
  const ahead = await runAhead();
  const keepsThePromise = async (chosen: Case) => {
    const { broken, story } = ahead.get(JSON.stringify(chosen)) ?? (await model.run(chosen, { alone: true }));
    if (broken.length > 0) throw new Error(`${broken.join('; ')}\nafter: ${story.join(' → ')}`);
  };
  const limits = { interruptAfterTimeLimit: SHRINKING_MS, markInterruptAsFailure: true };
  await fc.assert(fc.asyncProperty(anyCase, keepsThePromise), { seed: SEED, numRuns: RUNS, ...limits });
}, 400_000);
