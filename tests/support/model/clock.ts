import { setTimeout as sleep } from 'node:timers/promises';
import type { TestTemporal } from '../temporal';

const TICK_MS = 100;
/** In real time: far more than the server takes to answer what is asked of a workflow. */
const HOLD_MS = 5000;

/** An order that runs. */
interface Running {
  /** Whether it waits for time to pass and nothing else. */
  isWaiting(): Promise<boolean>;
}

/** The time of a server that skips it whenever nothing is under way. */
export class Clock {
  readonly orders = new Set<Running>();
  /** How many calls of activities have begun, and are under way. */
  calls = 0;
  underWay = 0;
  #holds = 0;
  readonly #service: NonNullable<TestTemporal['env']['connection']['testService']>;
  #watch: NodeJS.Timeout | undefined;

  constructor({ env }: TestTemporal) {
    const { testService } = env.connection;
    if (testService === undefined) throw new Error('this server skips no time');
    this.#service = testService;
  }

  async start(): Promise<void> {
    await this.#service.unlockTimeSkipping({});
    let before = await this.#look();
    const tick = async () => {
      const now = await this.#look();
      const still = now.skippedMs - before.skippedMs < TICK_MS;
      if (still && now.isIdle && before.isIdle && now.calls === before.calls) await this.#unlockWhereAllWait();
      before = now;
      this.#watch = setTimeout(() => void tick().catch(() => undefined), TICK_MS);
    };
    this.#watch = setTimeout(() => void tick().catch(() => undefined), TICK_MS);
  }

  async stop(): Promise<void> {
    clearTimeout(this.#watch);
    await this.#service.lockTimeSkipping({});
  }

  /** Lets time stand still until `run` has ended, or takes too long; resolves when it stands still. */
  async whileStill(run: () => Promise<unknown>): Promise<{ ended: Promise<void> }> {
    this.#holds += 1;
    await this.#service.lockTimeSkipping({});
    const end = async () => {
      this.#holds -= 1;
      await this.#service.unlockTimeSkipping({});
    };
    const tooLong = sleep(HOLD_MS, undefined, { ref: false });
    return { ended: Promise.race([run(), tooLong]).then(end, end) };
  }

  /** Takes off a lock that the server has left on time: of a call that was under way when its workflow ended. */
  async unlock(): Promise<void> {
    await this.#service.unlockTimeSkipping({}).catch(() => undefined);
  }

  /** Where all orders wait for time, and none passes, some such lock was overlooked. */
  async #unlockWhereAllWait(): Promise<void> {
    const { calls } = this;
    const waiting = await Promise.all([...this.orders].map((order) => order.isWaiting()));
    if (waiting.every(Boolean) && calls === this.calls) await this.unlock();
  }

  async #look() {
    const { time } = await this.#service.getCurrentTime({});
    const nowMs = Number(time?.seconds ?? 0) * 1000 + (time?.nanos ?? 0) / 1e6;
    const isIdle = this.orders.size > 0 && this.underWay === 0 && this.#holds === 0;
    return { skippedMs: nowMs - performance.now(), isIdle, calls: this.calls };
  }
}
