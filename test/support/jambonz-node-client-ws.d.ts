/** The older of jambonz's SDKs has no types of its own. */
declare module '@jambonz/node-client-ws' {
  import type { EventEmitter } from 'node:events';
  import type { Server } from 'node:http';

  const sdk: {
    createEndpoint(options: { server: Server; logger?: object }): (options: { path: string }) => EventEmitter;
  };
  export default sdk;
}
