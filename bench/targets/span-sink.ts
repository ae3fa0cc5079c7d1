/** A collector that takes spans over HTTP and keeps nothing. Argument: the port. */
import { createServer } from 'node:http';

createServer((request, response) => {
  request.on('end', () => response.writeHead(200).end()).resume();
}).listen(Number(process.argv[2]), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
