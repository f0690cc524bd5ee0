import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** They wait for time-outs for most of their time, and measure no sound: they may run beside each other. */
const patient = ['sipp-trunk', 'sipvicious', 'tls-calls', 'tcp-attacks'].map(
  (name) => `test/e2e/${name}.test.ts`,
);

/** Real time on a machine that others use too: what fails three times in a row is a defect. Retries are told. */
const realTime = { testTimeout: 120_000, hookTimeout: 60_000, retry: 2 };

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          ...realTime,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: patient,
          fileParallelism: false,
        },
      },
      {
        test: {
          ...realTime,
          name: 'e2e-patient',
          include: patient,
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
export default config;
