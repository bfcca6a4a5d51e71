"""Writes aws-operations.json: for each `aws` command of the deploying pages, the options that the AWS CLI gives it.

python3 test/infra/aws-operations.py 'secretsmanager create-secret' 'rds modify-db-cluster' … > test/infra/aws-operations.json

Needs botocore, whose models the AWS CLI is made of. Known operations stay in the file; arguments are added to it.
"""
import json, os, sys
import botocore, botocore.session
from botocore import xform_name

FILE = os.path.join(os.path.dirname(__file__), "aws-operations.json")
known = json.load(open(FILE))["operations"] if os.path.exists(FILE) else {}
session = botocore.session.get_session()


def options(command):
    service, operation, *waiter = command.split(" ")
    model = session.get_service_model(service)
    if operation == "wait":
        waiters = session.get_waiter_model(service)
        name = next(n for n in waiters.waiter_names if xform_name(n, "-") == waiter[0])
        return options(f"{service} {xform_name(waiters.get_waiter(name).operation, '-')}")
    name = next(n for n in model.operation_names if xform_name(n, "-") == operation)
    members = model.operation_model(name).input_shape.members if model.operation_model(name).input_shape else {}
    found = []
    for member, shape in members.items():
        option = xform_name(member, "-")
        found.append(option)
        if shape.type_name == "boolean":
            found.append("no-" + option)
    return sorted(found)


for command in sys.argv[1:]:
    known[command] = options(command)
json.dump({"botocore": botocore.__version__, "operations": dict(sorted(known.items()))}, sys.stdout, indent=1)
