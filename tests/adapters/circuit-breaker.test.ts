import { guardParties, type GuardOptions } from '../../adapters/circuit-breaker/guard-parties';
import { CircuitOpen, PartyFault, PartyRefused, type CarrierPort, type Parties } from '../../adapters/ports';
import type { CircuitReport } from '../../infra/circuit/options';
import { createPartyMetrics } from '../../adapters/circuit-breaker/party-metrics';
import { callFor, newOrder, recipient } from './suites/calls';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const amount = { amount: 4990, currency: 'EUR' };
const fault = () => Promise.reject(new PartyFault('payment', 'connection reset'));
const refusal = () => Promise.reject(new PartyRefused('payment', 'payment_declined', 'declined'));
const bug = () => Promise.reject(new TypeError('undefined is not a function'));
const answer = () => Promise.resolve({ reference: 'ref-1' });

/** Parties whose operations a test scripts, behind circuits; `pay` makes one call to the payment provider. */
function given(options: GuardOptions = {}) {
  const authorise = jest.fn<Promise<{ reference: string }>, unknown[]>(answer);
  const voided = jest.fn<Promise<void>, unknown[]>(() => Promise.resolve());
  const books = ['nordpost', 'hansa-kurier'].map(() => jest.fn<Promise<never>, unknown[]>(fault));
  const carriers = books.map((book, index) => ({ carrier: ['nordpost', 'hansa-kurier'][index], book }) as never);
  const around = jest.fn((_operation: unknown, _call: unknown, effect: () => Promise<unknown>) => effect());
  const parties = { payment: { authorise, void: voided }, inventory: { around }, carriers } as unknown as Parties;
  const guarded = guardParties(parties, options);
  const pay = () => guarded.payment.authorise({ ...callFor('authorise-payment'), amount, token: 'tok_visa' });
  const stateOf = (party: string) => guarded.states().find((circuit) => circuit.party === party)?.state;
  return { guarded, authorise, voided, books, pay, stateOf };
}

type Given = ReturnType<typeof given>;

/** Makes calls one after the other, whatever comes of them. */
async function payTimes({ pay, authorise }: Given, times: number, result: () => Promise<never> | typeof answer) {
  authorise.mockImplementation(result as typeof answer);
  for (let call = 0; call < times; call++) await pay().catch(() => undefined);
}

/** A circuit that opened and whose time of rest is over. */
async function givenHalfOpen(options?: GuardOptions): Promise<Given> {
  const party = given(options);
  await payTimes(party, 5, fault);
  jest.advanceTimersByTime(30_000);
  party.authorise.mockClear().mockImplementation(answer);
  return party;
}

/** A call that the party answers when the test says so. */
function held(party: Given) {
  const answers: { resolve: (value: { reference: string }) => void; reject: (error: unknown) => void }[] = [];
  party.authorise.mockImplementation(() => new Promise((resolve, reject) => answers.push({ resolve, reject })));
  return answers;
}

const settled = () => jest.advanceTimersByTimeAsync(0);

describe('a closed circuit', () => {
  test.each([
    [4, 'closed'],
    [5, 'open'],
  ])('after %i faults in a row is %s', async (faults, state) => {
    const party = given();
    await payTimes(party, faults, fault);
    expect(party.stateOf('payment')).toBe(state);
  });

  test.each([
    ['a success', answer],
    ['a refusal, which is an answer too', refusal],
  ])('counts anew after %s', async (_, result) => {
    const party = given();
    await payTimes(party, 4, fault);
    await payTimes(party, 1, result as typeof fault);
    await payTimes(party, 4, fault);
    expect(party.stateOf('payment')).toBe('closed');
  });

  test.each([
    ['refusals', refusal, PartyRefused],
    ['our own bugs', bug, TypeError],
  ])('is not opened by %s, and lets them pass untouched', async (_, result, type) => {
    const party = given();
    await payTimes(party, 20, result);
    expect(party.stateOf('payment')).toBe('closed');
    await expect(party.pay()).rejects.toThrow(type);
  });

  test('does not take a bug for an answer of the party', async () => {
    const party = given();
    await payTimes(party, 4, fault);
    await payTimes(party, 1, bug);
    await payTimes(party, 1, fault);
    expect(party.stateOf('payment')).toBe('open');
  });

  test('is opened by calls that do not end in time, whose late answers still arrive', async () => {
    const party = given({ callTimeoutMs: 1000 });
    const answers = held(party);
    const calls = Array.from({ length: 5 }, () => party.pay());
    await jest.advanceTimersByTimeAsync(1000);
    expect(party.stateOf('payment')).toBe('open');
    answers.forEach(({ resolve }, index) => resolve({ reference: `late-${index}` }));
    expect((await Promise.all(calls)).map(({ reference }) => reference)).toContain('late-4');
    expect(party.stateOf('payment')).toBe('open');
  });

  test('is not opened by the faults of undo steps, which reach whoever asked untouched', async () => {
    const party = given();
    party.voided.mockImplementation(fault);
    for (let call = 0; call < 6; call++) {
      await expect(party.guarded.payment.void(callFor('void'))).rejects.toThrow('connection reset');
    }
    expect(party.voided).toHaveBeenCalledTimes(6);
    expect(party.stateOf('payment')).toBe('closed');
  });
});

describe('an open circuit', () => {
  test('fails at once with a fault that says when it is tried again, and asks the party nothing', async () => {
    const party = given();
    await payTimes(party, 5, fault);
    jest.advanceTimersByTime(18_000);
    party.authorise.mockClear();
    const error: unknown = await party.pay().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PartyFault);
    expect(error).toMatchObject({
      name: 'CircuitOpen',
      party: 'payment',
      message: 'the payment provider failed 5 times running, so it is left alone for 12 s (circuit open)',
    });
    expect(party.authorise).not.toHaveBeenCalled();
  });

  test('lets undo through, which neither closes it nor keeps it open', async () => {
    const party = given();
    await payTimes(party, 5, fault);
    await party.guarded.payment.void(callFor('void'));
    expect(party.voided).toHaveBeenCalledTimes(1);
    expect(party.stateOf('payment')).toBe('open');
    party.voided.mockImplementation(fault);
    await expect(party.guarded.payment.void(callFor('void'))).rejects.toThrow('connection reset');
    jest.advanceTimersByTime(30_000);
    await payTimes(party, 3, answer as never);
    await settled();
    expect(party.stateOf('payment')).toBe('closed');
  });

  test('leaves the other parties alone', async () => {
    const party = given();
    await payTimes(party, 5, fault);
    const closed = party.guarded.states().filter(({ state }) => state === 'closed');
    expect(closed.map((circuit) => circuit.party)).toEqual([
      'screening',
      'warehouse',
      'shipping/nordpost',
      'shipping/hansa-kurier',
      'notification',
    ]);
  });

  test('of one carrier leaves the next carrier to be asked', async () => {
    const { guarded, books, stateOf } = given();
    const booking = { ...callFor('book/BER'), shipmentId: 'shp_1', warehouse: 'BER', recipient };
    const [first, second] = guarded.carriers as [CarrierPort, CarrierPort];
    for (let call = 0; call < 6; call++) await first.book(booking).catch(() => undefined);
    await expect(second.book(booking)).rejects.toThrow('connection reset');
    expect(books.map((book) => book.mock.calls.length)).toEqual([5, 1]);
    expect([stateOf('shipping/nordpost'), stateOf('shipping/hansa-kurier')]).toEqual(['open', 'closed']);
  });

  test('lets nobody through before its time of rest is over', async () => {
    const party = given();
    await payTimes(party, 5, fault);
    jest.advanceTimersByTime(29_999);
    await expect(party.pay()).rejects.toBeInstanceOf(CircuitOpen);
  });
});

describe('a half-open circuit', () => {
  test.each([
    [1, 'half_open'],
    [2, 'half_open'],
    [3, 'closed'],
  ])('after %i successes is %s', async (successes, state) => {
    const party = await givenHalfOpen();
    await payTimes(party, successes, answer as never);
    await settled();
    expect(party.authorise).toHaveBeenCalledTimes(successes);
    expect(party.stateOf('payment')).toBe(state);
  });

  test.each([0, 1, 2])('after %i successes and a fault is open for as long again', async (successes) => {
    const party = await givenHalfOpen();
    await payTimes(party, successes, answer as never);
    await payTimes(party, 1, fault);
    expect(party.stateOf('payment')).toBe('open');
    jest.advanceTimersByTime(29_999);
    await expect(party.pay()).rejects.toBeInstanceOf(CircuitOpen);
    jest.advanceTimersByTime(1);
    await payTimes(party, 3, answer as never);
    await settled();
    expect(party.stateOf('payment')).toBe('closed');
  });

  test('lets no more than three calls through at a time', async () => {
    const party = await givenHalfOpen();
    const answers = held(party);
    const probes = Array.from({ length: 3 }, () => party.pay());
    await settled();
    await expect(party.pay()).rejects.toThrow('others try already whether it is back (circuit half-open)');
    expect(party.authorise).toHaveBeenCalledTimes(3);
    answers.forEach(({ resolve }) => resolve({ reference: 'ref-2' }));
    await Promise.all(probes);
    await settled();
    expect(party.stateOf('payment')).toBe('closed');
  });

  test('is not closed by a bug, nor kept from closing', async () => {
    const party = await givenHalfOpen();
    await payTimes(party, 4, bug);
    expect(party.stateOf('payment')).toBe('half_open');
    await payTimes(party, 3, answer as never);
    await settled();
    expect(party.stateOf('payment')).toBe('closed');
  });

  test('opens again where a probe does not end in time', async () => {
    const party = await givenHalfOpen({ callTimeoutMs: 1000 });
    held(party);
    void party.pay();
    await jest.advanceTimersByTimeAsync(1000);
    expect(party.stateOf('payment')).toBe('open');
  });

  test('is not decided by the probes of an earlier time', async () => {
    const party = await givenHalfOpen({ callTimeoutMs: 60_000 });
    const answers = held(party);
    const early = [party.pay(), party.pay()];
    await settled();
    await payTimes(party, 1, fault);
    jest.advanceTimersByTime(30_000);
    await payTimes(party, 1, answer as never);
    answers.forEach(({ resolve }) => resolve({ reference: 'late' }));
    await Promise.all(early);
    await settled();
    expect(party.stateOf('payment')).toBe('half_open');
  });
});

describe('what is told', () => {
  test('each change, with its time', async () => {
    const changes: CircuitReport[] = [];
    jest.setSystemTime(new Date('2026-01-31T09:00:00Z'));
    const party = await givenHalfOpen({ onChange: (report) => changes.push(report) });
    await payTimes(party, 3, answer as never);
    await settled();
    expect(changes).toEqual([
      { party: 'payment', state: 'open', since: new Date('2026-01-31T09:00:00Z') },
      { party: 'payment', state: 'half_open', since: new Date('2026-01-31T09:00:30Z') },
      { party: 'payment', state: 'closed', since: new Date('2026-01-31T09:00:30Z') },
    ]);
  });

  test('each call by its outcome, and the state of each circuit', async () => {
    const metrics = createPartyMetrics();
    const party = given({ metrics });
    await payTimes(party, 1, answer as never);
    await payTimes(party, 2, refusal);
    await payTimes(party, 1, bug);
    await payTimes(party, 8, fault);
    const text = await metrics.registry.metrics();
    const calls = (outcome: string) =>
      `consign_party_call_duration_seconds_count{party="payment",operation="authorise",outcome="${outcome}"}`;
    for (const [outcome, count] of Object.entries({ ok: 1, refused: 2, error: 1, fault: 5, circuit_open: 3 })) {
      expect(text.split('\n')).toContain(`${calls(outcome)} ${count}`);
    }
    expect(text).toContain('consign_circuit_state{party="payment"} 2');
    expect(text).toContain('consign_circuit_state{party="shipping/nordpost"} 0');
  });
});

test('stock is our own: it has no circuit, whatever fails there', async () => {
  const { guarded } = given();
  const reserve = () => guarded.inventory.around('reserve', callFor('reserve-stock', newOrder()), fault);
  for (let call = 0; call < 6; call++) await expect(reserve()).rejects.toThrow('connection reset');
});
