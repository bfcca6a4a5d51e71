import { Logger } from '@aws-lambda-powertools/logger';

/**
 * The structured log: one JSON object a line. Request and connection ids are appended by the transport;
 * contents, tokens and e-mail addresses never are.
 */
export const logger = new Logger({ serviceName: 'chat-service' });
