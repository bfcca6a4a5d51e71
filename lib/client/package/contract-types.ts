import * as z from 'zod';
import {
  addParticipants,
  Ban,
  banUser,
  createChat,
  listBans,
  listChats,
  listParticipants,
  updateChat,
} from '../../../functions/chats/contract.ts';
import { errorCodes } from '../../../functions/contract/errors.ts';
import { events } from '../../../functions/contract/events.ts';
import { ErrorFrame } from '../../../functions/contract/frames.ts';
import {
  Attachment,
  Chat,
  ChatDetail,
  ErrorBody,
  Message,
  Participant,
  PublicProfile,
  Quote,
  Reaction,
} from '../../../functions/contract/schemas.ts';
import { webSocketRoutes } from '../../../functions/contract/table.ts';
import {
  createSchemaCollection,
  type Direction,
  type JsonSchema,
} from '../../../functions/documents/json-schema.ts';
import {
  AttachmentUpload,
  ChatAttachment,
  createAttachment,
  listChatAttachments,
} from '../../../functions/files/contract.ts';
import { createInvite, Invite, InvitePreview, listInvites } from '../../../functions/invites/contract.ts';
import { listMentions } from '../../../functions/mentions/contract.ts';
import { listMessages, MessageCursorPage } from '../../../functions/messages/contract.ts';
import {
  createReport,
  listReports,
  Report,
  ReportDetail,
  ReportReceipt,
  resolveReport,
  suspendUser,
} from '../../../functions/moderation/contract.ts';
import { listBlocks } from '../../../functions/blocks/contract.ts';
import {
  Device,
  listDevices,
  NotificationSettings,
  registerDevice,
  setChatNotifications,
  setNotificationSettings,
  Unread,
} from '../../../functions/notifications/contract.ts';
import { Info } from '../../../functions/system/contract.ts';
import { OnlineUsers } from '../../../functions/presence/contract.ts';
import { listPins } from '../../../functions/pins/contract.ts';
import { listReactions, MessageReactions, UserReaction } from '../../../functions/reactions/contract.ts';
import { ReadMark } from '../../../functions/reading/contract.ts';
import { TotpSecret } from '../../../functions/second-factor/contract.ts';
import { listSessions, UserSession } from '../../../functions/sessions/contract.ts';
import { searchMessages } from '../../../functions/search/contract.ts';
import { sync, SyncAnswer } from '../../../functions/sync/contract.ts';
import { OwnProfile, registerUser, updateOwnProfile } from '../../../functions/users/contract.ts';

/** Every frame that the service sends. */
const ServerFrame = z.union([
  ...Object.values(events).map(({ schema }) => (schema as z.ZodObject).omit({ timestamp: true })),
  ...new Set(webSocketRoutes.flatMap(({ reply }) => reply ?? [])),
  ErrorFrame,
]);

/** Types of responses, by name. */
const answers = {
  Reaction,
  Quote,
  Attachment,
  Message,
  PublicProfile,
  Chat,
  Participant,
  ChatDetail,
  Ban,
  Invite,
  InvitePreview,
  OwnProfile,
  ReportReceipt,
  Report,
  ReportDetail,
  Info,
  Device,
  ChatNotificationsAnswer: setChatNotifications.responses[200].body,
  NotificationSettings,
  Unread,
  MessageCursorPage,
  OnlineUsers,
  ReadMark,
  MessageReactions,
  UserReaction,
  UserSession,
  TotpSecret,
  AttachmentUpload,
  ChatAttachment,
  SyncAnswer,
  EventMessage: events.new_message.schema.shape.message,
  ServerFrame,
  // A newer service may return error codes that the client does not know.
  ErrorBody: ErrorBody.extend({ code: z.string() }).meta({ description: ErrorBody.description }),
};

const bodies = {
  RegisterBody: registerUser.body,
  UpdateProfileBody: updateOwnProfile.body,
  CreateChatBody: createChat.body,
  AddParticipantsBody: addParticipants.body,
  UpdateChatBody: updateChat.body,
  BanBody: banUser.body,
  CreateInviteBody: createInvite.body,
  CreateAttachmentBody: createAttachment.body,
  SyncBody: sync.body,
  CreateReportBody: createReport.body,
  ResolveReportBody: resolveReport.body,
  SuspendUserBody: suspendUser.body,
  RegisterDeviceBody: registerDevice.body,
  ChatNotificationsBody: setChatNotifications.body,
  NotificationSettingsBody: setNotificationSettings.body,
};

const queries = {
  ListBansQuery: listBans.query,
  ListInvitesQuery: listInvites.query,
  ListBlocksQuery: listBlocks.query,
  ListReportsQuery: listReports.query,
  ListDevicesQuery: listDevices.query,
  ListChatsQuery: listChats.query,
  ListSessionsQuery: listSessions.query,
  ListChatAttachmentsQuery: listChatAttachments.query,
  ListMentionsQuery: listMentions.query,
  ListParticipantsQuery: listParticipants.query,
  ListPinsQuery: listPins.query,
  ListReactionsQuery: listReactions.query,
  HistoryQuery: listMessages.query,
  SearchMessagesQuery: searchMessages.query,
};

/** Error codes that arise in the client itself. */
const ownCodes = ['unexpected_answer', 'no_websocket', 'file_missing', 'upload_refused'];

/** The names of all types that `contractTypes` declares. */
export const contractTypeNames: readonly string[] = [
  ...Object.keys({ ...answers, ...bodies, ...queries }),
  'Page',
  'Profile',
  'ErrorCode',
];

const comment = (text: string | undefined, indent = ''): string =>
  text === undefined ? '' : `${indent}/** ${text.replaceAll('*/', '* /').replaceAll(/\s+/g, ' ')} */\n`;

/** Generates the contract's types that the client exposes, as TypeScript without zod, from their schemas. */
export const contractTypes = (): string => {
  const collection = createSchemaCollection();
  /** The names of the types by the ids of their schemas. */
  const nameOfId = new Map<string, string>([
    // The documents give it no type, for the sake of generators.
    ['FrameRef', 'string | number'],
  ]);

  // The documents call `truncated` a boolean, for the sake of generators.
  const property = (name: string, schema: JsonSchema, isRequired: boolean, indent: string): string =>
    `${comment(schema.description, indent)}${indent}${name}${isRequired ? '' : '?'}: ${name === 'truncated' ? 'true' : typeOf(schema, indent)}${
      isRequired ? '' : ' | undefined'
    };\n`;

  const fields = ({ properties = {}, required = [] }: JsonSchema, indent: string): string => {
    const inner = `${indent}  `;
    const lines = Object.entries(properties).map(([name, schema]) =>
      property(name, schema, required.includes(name), inner),
    );
    return `{\n${lines.join('')}${indent}}`;
  };

  const typeOf = (schema: JsonSchema, indent = ''): string => {
    if (schema.$ref !== undefined) {
      const id = schema.$ref.split('/').at(-1) ?? '';
      const name = nameOfId.get(id);
      // A schema whose name is known only to the documents is inlined.
      return name ?? typeOf(collection.resolve(schema), indent);
    }
    if ('const' in schema) return JSON.stringify(schema.const);
    if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices !== undefined) return choices.map((choice) => typeOf(choice, indent)).join(' | ');
    if (Array.isArray(schema.type)) {
      return schema.type.map((type) => typeOf({ ...schema, type }, indent)).join(' | ');
    }
    if (schema.type === 'array') {
      const item = typeOf(schema.items ?? {}, indent);
      return item.includes(' | ') && !item.startsWith('{') ? `(${item})[]` : `${item}[]`;
    }
    if (schema.type === 'object') {
      const { properties, additionalProperties: values } = schema;
      // The service chooses the property names.
      return properties === undefined && typeof values === 'object'
        ? `Record<string, ${typeOf(values, indent)}>`
        : fields(schema, indent);
    }
    if (schema.type === 'integer') return 'number';
    if (schema.type === 'string' || schema.type === 'number' || schema.type === 'boolean') return schema.type;
    if (schema.type === 'null') return 'null';
    throw new Error(`There is no type for ${JSON.stringify(schema)}`);
  };

  const declare = (name: string, schema: JsonSchema): string => {
    const { description, ...whole } = collection.resolve(schema);
    const head = comment(description);
    return whole.type === 'object'
      ? `${head}export interface ${name} ${fields(whole, '')}\n`
      : `${head}export type ${name} = ${typeOf(whole)};\n`;
  };

  const named = (schemas: Record<string, Parameters<typeof collection.add>[0]>, direction: Direction) =>
    Object.entries(schemas).map(([name, schema]) => {
      const json = collection.add(schema, direction);
      const id = json.$ref?.split('/').at(-1);
      if (id !== undefined) nameOfId.set(id, name);
      return { name, json };
    });

  /**
   * A query as a caller writes it: with the optional fields of the input, and the types into which its texts are
   * parsed.
   */
  const query = ([name, schema]: (typeof allQueries)[number]): string => {
    const { required } = collection.resolve(createSchemaCollection().add(schema, 'input'));
    return declare(name, { ...createSchemaCollection().add(schema, 'output'), required: required ?? [] });
  };
  const allQueries = Object.entries(queries);

  const all = [...named(answers, 'output'), ...named(bodies, 'input')];
  return [
    ...all.map(({ name, json }) => declare(name, json)),
    ...allQueries.map(query),
    '/** What everybody sees of a user. */\nexport type Profile = PublicProfile;\n',
    '/** A page of a list. */\nexport interface Page<Item> {\n  readonly items: Item[];\n  readonly total: number;\n' +
      '  readonly page: number;\n  readonly limit: number;\n  readonly pages: number;\n}\n',
    `/** The error codes that this version of the client knows; the last four are its own. */\nexport type ErrorCode =\n${[
      ...errorCodes,
      ...ownCodes,
    ]
      .map((code) => `  | '${code}'`)
      .join('\n')};\n`,
  ].join('\n');
};
