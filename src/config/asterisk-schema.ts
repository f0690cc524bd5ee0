/** Asterisks that call us over AudioSocket. */
import { z } from 'zod';
import type { AsteriskListenConfig } from './config.ts';
import { address, expected, port, section, text } from './fields.ts';

export function asteriskAudioSocketSection(): z.ZodType<
  { listen: readonly AsteriskListenConfig[] },
  unknown
> {
  const route = z.strictObject({
    uuid: text()
      .regex(/^[0-9a-f-]{1,36}$/i, expected('the first hexadecimal digits of a UUID'))
      .describe('How the UUIDs begin that the dialplan gives to such calls.'),
    flow: text().describe('Name of a flow.'),
  });
  return section(
    z.strictObject({
      listen: z
        .array(
          z.strictObject({
            address: address().default('127.0.0.1').describe('The local address.'),
            port: port().default(9092).describe('The local port.'),
            flow: text().describe('Name of the flow of calls that come in here.'),
            routes: z
              .array(route)
              .default([])
              .describe('Flows of calls with certain UUIDs, first match wins.'),
          }),
        )
        .default([])
        .describe(
          'Where `AudioSocket()` and `Dial(AudioSocket/...)` of an Asterisk may connect, from addresses of `trunks` ' +
            '(from everywhere where there are none).',
        ),
    }),
  );
}
