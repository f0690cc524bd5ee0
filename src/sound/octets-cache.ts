/** Keeps values by key up to a number of octets together; those used least recently go first. */
export class OctetsCache<Value> {
  readonly #capacityOctets: number;
  readonly #sizeOf: (value: Value) => number;
  /** In the order of their use, the latest last. */
  readonly #values = new Map<string, Value>();
  #octets = 0;

  constructor(capacityOctets: number, sizeOf: (value: Value) => number) {
    this.#capacityOctets = capacityOctets;
    this.#sizeOf = sizeOf;
  }

  get octets(): number {
    return this.#octets;
  }

  get(key: string): Value | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  /** The newest stays, even when it is larger than all that may be kept. */
  set(key: string, value: Value): void {
    this.delete(key);
    this.#values.set(key, value);
    this.#octets += this.#sizeOf(value);
    for (const oldest of this.#values.keys()) {
      if (this.#octets <= this.#capacityOctets || oldest === key) break;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const value = this.#values.get(key);
    if (value === undefined) return;
    this.#values.delete(key);
    this.#octets -= this.#sizeOf(value);
  }
}
