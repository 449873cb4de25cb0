/** A promise that a test resolves when it is time. */
export class Deferred {
  resolve: () => void = () => undefined;
  readonly promise = new Promise<null>((resolve) => (this.resolve = () => resolve(null)));
}
