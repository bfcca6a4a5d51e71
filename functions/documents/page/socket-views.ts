import { resolve, type AsyncApi, type Message } from './document.ts';
import { codeBlock, pretty } from './prose.ts';
import { h, type View } from './view.ts';

/** A frame that a client may send, with the example that the form starts with. */
export interface FrameExample {
  readonly type: string;
  readonly text: string;
}

/** Every frame that a client sends. */
export const frameExamples = (asyncApi: AsyncApi): FrameExample[] =>
  Object.values(asyncApi.operations)
    .filter(({ action }) => action === 'receive')
    .map(({ title, messages }) => {
      const [example] = messages.flatMap((reference) => resolve<Message>(reference, asyncApi).examples);
      return { type: title, text: pretty(example?.payload ?? { type: title }) };
    });

/** The form that opens a connection, sends frames and logs what arrives: fields `type` and `frame`. */
export const socketForm = (asyncApi: AsyncApi): View =>
  h(
    'form',
    { class: 'try socket', id: 'socket', 'aria-label': 'Try the WebSocket' },
    h('h3', {}, 'Try it'),
    h('p', { class: 'faint' }, 'Log in first: opening a connection takes one of your tickets.'),
    h('button', { type: 'button', name: 'connect' }, 'Connect'),
    h('p', { role: 'status', 'aria-label': 'Connection' }, 'Not connected'),
    h(
      'label',
      {},
      'Type',
      h(
        'select',
        { name: 'type' },
        frameExamples(asyncApi).map(({ type }) => h('option', {}, type)),
      ),
    ),
    h(
      'label',
      {},
      'Frame',
      h('textarea', { name: 'frame', spellcheck: 'false' }, frameExamples(asyncApi)[0]?.text),
    ),
    h('button', { name: 'send', disabled: true }, 'Send'),
    h('div', { role: 'log', class: 'frames', 'aria-label': 'Frames' }),
  );

/** A log line for a frame that was sent or received. */
export const frameLine = (way: 'sent' | 'received', text: string, at: Date): View =>
  h(
    'div',
    { class: 'line', 'data-way': way },
    h(
      'span',
      { class: `method ${way === 'sent' ? 'receive' : 'send'}` },
      way === 'sent' ? 'you sent' : 'you got',
    ),
    h('span', { class: 'faint' }, ` ${at.toISOString().slice('yyyy-mm-ddT'.length, -1)}`),
    codeBlock(text),
  );
