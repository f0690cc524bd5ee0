import { describe, expect, it } from 'vitest';
import { createTwilioAgent } from '../../../src/agent/twilio/twilio-agent.ts';
import { twilioSignature } from '../../../src/agent/twilio/twilio-signature.ts';
import { inboundSession, RecordingHost } from '../../support/recording-host.ts';

const options = {
  url: 'wss://bot.example/media',
  headers: { 'x-room': '7' },
  customParameters: { campaign: 'spring' },
  whenClosed: 'hang-up',
  connectTimeoutMs: 1800,
} as const;

function lineOf(some: Partial<Parameters<typeof createTwilioAgent>[0]> = {}) {
  const host = new RecordingHost();
  createTwilioAgent({ ...options, ...some })(host).handle({ kind: 'started' });
  const [command] = host.commands;
  if (command?.kind !== 'open-line') throw new Error('a line is opened');
  return command.options;
}

describe('the agent behind a Twilio media stream', () => {
  it('is told who calls whom, with what is configured beside it', () => {
    expect(lineOf()).toMatchObject({
      protocol: 'twilio',
      target: { kind: 'websocket', url: options.url, headers: { 'x-room': '7' } },
      settings: {
        callSid: `CA${inboundSession.id.replaceAll('-', '')}`,
        customParameters: { from: '+4915790000687', to: '+4921155660', campaign: 'spring' },
      },
    });
  });

  it('is shown a signature only when there is a token to sign with', () => {
    const headersOf = (authToken: string | undefined) => {
      const { target } = lineOf({ authToken });
      return target.kind === 'websocket' && target.headers;
    };
    expect(headersOf(undefined)).toEqual({ 'x-room': '7' });
    expect(headersOf('12345')).toEqual({
      'x-room': '7',
      'x-twilio-signature': twilioSignature('12345', options.url),
    });
  });
});
