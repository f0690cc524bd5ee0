import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Makes counters, gauges and histograms of one registry, under the product's prefix. */
export class Instruments {
  readonly #registers: [Registry];

  constructor(register: Registry) {
    this.#registers = [register];
  }

  counter<Label extends string = never>(name: string, help: string, ...labelNames: Label[]): Counter<Label> {
    return new Counter({ name: PREFIX + name, help, labelNames, registers: this.#registers });
  }

  histogram(name: string, help: string, buckets: number[]): Histogram {
    return new Histogram({ name: PREFIX + name, help, buckets, registers: this.#registers });
  }

  /** A gauge read when Prometheus asks. */
  gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    collect: (gauge: Gauge<Label>) => void,
  ): void {
    const gauge: Gauge<Label> = new Gauge({
      name: PREFIX + name,
      help,
      labelNames,
      registers: this.#registers,
      collect: () => {
        gauge.reset();
        collect(gauge);
      },
    });
  }

  /** A counter whose value another part keeps since the start; read when Prometheus asks. */
  total(name: string, help: string, labelNames: string[], collect: (counter: Counter) => void): void {
    const counter: Counter = new Counter({
      name: PREFIX + name,
      help,
      labelNames,
      registers: this.#registers,
      collect: () => {
        counter.reset();
        collect(counter);
      },
    });
  }
}

const PREFIX = 'patchbay_';
