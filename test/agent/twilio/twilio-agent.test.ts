import { describe, expect, it } from 'vitest';
import { createTwilioAgent } from '../../../src/agent/twilio/twilio-agent.ts';
import { twilioSignature } from '../../../src/agent/twilio/twilio-signature.ts';
import { inboundSession, RecordingHost } from '../../support/recording-host.ts';

const options = {
  url: 'wss://bot.example/media',
  headers: { 'x-room': '7' },
  customParameters: { campaign: 'spring' },
  sipHeaders: false,
  whenClosed: 'hang-up',
  connectTimeoutMs: 1800,
} as const;

const facts = {
  callId: 'a84b4c76e66710',
  requestUri: 'sip:4921155660@192.0.2.1',
  remoteAddress: '192.0.2.2:5060',
  trunk: 'pbx',
  callerName: '',
  sdp: 'v=0',
};

function lineOf(some: Partial<Parameters<typeof createTwilioAgent>[0]> = {}, host = new RecordingHost()) {
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

  it('is told headers of a trusted trunk when asked to, and who calls whom is not among what they can change', () => {
    const headers = [
      { name: 'X-Customer', value: '4711' },
      { name: 'From', value: 'somebody' },
    ];
    const signalling = { ...facts, headers };
    const { settings } = lineOf({ sipHeaders: true }, new RecordingHost({ signalling }));
    expect(settings).toMatchObject({
      customParameters: { 'X-Customer': '4711', from: '+4915790000687', campaign: 'spring' },
    });
    const { settings: unasked } = lineOf({}, new RecordingHost({ signalling }));
    expect(JSON.stringify(unasked)).not.toContain('4711');
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
