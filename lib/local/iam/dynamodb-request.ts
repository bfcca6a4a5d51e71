import type { AccessRequest } from './role-policies.ts';

/** The end of the header `x-amz-target` of a `BatchGetItem`. */
export const LOOK_UP = '.BatchGetItem';

/** The parts of a table's definition that access decisions need. */
export interface GuardedTable {
  readonly name: string;
  readonly arn: string;
  readonly partitionKey: string;
}

/** An attribute value. Keys are strings or numbers; DynamoDB's JSON represents numbers as strings, too. */
type Value = Readonly<Record<string, string>>;
type Item = Readonly<Record<string, Value>>;

interface Operation {
  readonly TableName?: string;
  readonly Key?: Item;
  readonly Item?: Item;
  readonly KeyConditionExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Item;
  readonly RequestItems?: Readonly<
    Record<
      string,
      | { readonly Keys: readonly Item[] }
      | readonly {
          readonly PutRequest?: { readonly Item: Item };
          readonly DeleteRequest?: { readonly Key: Item };
        }[]
    >
  >;
}

const textOf = (value: Value | undefined): string => value?.['S'] ?? value?.['N'] ?? '';

/** The partition key values in a query's condition: always one, since DynamoDB requires equality on it. */
const keysOfQuery = (operation: Operation, partitionKey: string): string[] => {
  const { KeyConditionExpression: expression = '', ExpressionAttributeNames: names = {} } = operation;
  return [...expression.matchAll(/(#?\w+)\s*=\s*(:\w+)/g)].flatMap(([, name = '', value = '']) =>
    (names[name] ?? name) === partitionKey ? [textOf(operation.ExpressionAttributeValues?.[value])] : [],
  );
};

/**
 * The access requests of a DynamoDB operation, one per table.
 *
 * @param target the header `x-amz-target`
 * @param body the operation's input as JSON
 * @throws SyntaxError when `body` is not JSON
 */
export const dynamodbRequests = (
  target: string,
  body: string,
  tables: readonly GuardedTable[],
): AccessRequest[] => {
  const action = `dynamodb:${target.split('.')[1] ?? ''}`;
  const operation = JSON.parse(body) as Operation;
  const requestTo = (name: string, itemsOf: (partitionKey: string) => readonly string[]): AccessRequest => {
    const table = tables.find((one) => one.name === name || one.arn === name);
    return table === undefined
      ? { action, resource: name }
      : { action, resource: table.arn, leadingKeys: itemsOf(table.partitionKey) };
  };

  if (operation.RequestItems !== undefined) {
    return Object.entries(operation.RequestItems).map(([name, request]) => {
      const items: readonly Item[] =
        'Keys' in request
          ? request.Keys
          : request.flatMap(({ PutRequest, DeleteRequest }): Item[] =>
              [PutRequest?.Item ?? DeleteRequest?.Key].filter((item) => item !== undefined),
            );
      return requestTo(name, (partitionKey) => items.map((item) => textOf(item[partitionKey])));
    });
  }
  const item = operation.Key ?? operation.Item;
  return [
    requestTo(operation.TableName ?? '', (partitionKey) =>
      item === undefined ? keysOfQuery(operation, partitionKey) : [textOf(item[partitionKey])],
    ),
  ];
};
