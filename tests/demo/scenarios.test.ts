import { placeOrder } from '../../contracts/http/order';
import { sandboxFaults } from '../../contracts/http/sandbox';
import { faultsOf, orderOf, referenceOf } from '../../demo/scenario';
import { scenarios } from '../../demo/scenarios';

test('scripts faults for its own orders only', () => {
  const own = scenarios.map((_, index) => referenceOf('run', index));
  const faults = sandboxFaults.parse(faultsOf('run', scenarios));
  expect(faults.length).toBeGreaterThan(0);
  for (const { match } of faults) expect(own).toContain(match.clientReference);
  expect(faultsOf('another run', scenarios)[0]?.match).not.toEqual(faults[0]?.match);
});

test.each(scenarios.map((scenario) => [scenario.title, scenario] as const))(
  'places an order that the API accepts: %s',
  (_, scenario) => {
    expect(placeOrder.safeParse(orderOf(scenario, 'demo-run-1')).error).toBeUndefined();
  },
);

test('an order rests late only where somebody acts on it, so that nothing else waits for what is held', () => {
  const late = scenarios.filter(({ restsLate }) => restsLate);
  expect(late.map(({ act }) => typeof act)).toEqual(late.map(() => 'function'));
});
