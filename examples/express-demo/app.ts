/** The built-in demo as an Express app of its own: what Patchbay does in-process, over HTTP. */
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import express from 'express';
import { type DemoState, demoTurn, initialDemoState } from '../../src/agent/demo/conversation.ts';
import { readDemoSounds } from '../../src/agent/demo/demo-sounds.ts';

const sounds = readDemoSounds(resolve(import.meta.dirname, '../../config/sounds'));
const token = process.env['API_TOKEN'];
/** What each caller has chosen, by session. */
const states = new Map<string, DemoState>();

const app = express();
app.use(express.json());

app.post('/webhook', (request, response) => {
  // `request.get` minds no case; `request.headers['X-API-TOKEN']` would always be undefined.
  if (token !== undefined && request.get('X-API-TOKEN') !== token) {
    response.status(401).json({ error: 'wrong or missing X-API-TOKEN' });
    return;
  }
  const event = request.body;
  const { id } = event.session;
  const { actions, state } = demoTurn(event, states.get(id) ?? initialDemoState, sounds);
  if (event.type === 'session_end') states.delete(id);
  else states.set(id, state);
  if (actions.length === 0) response.status(204).end();
  else response.json(actions);
});

const server = app.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`the demo listens at http://127.0.0.1:${port}/webhook\n`);
});
