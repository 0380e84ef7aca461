"""Decorators: what is said about a function beside its code. They hold data and check it where they stand;
a driver applies them when it is built."""

from . import adapters, base, delayed, dependencies, expanders, macros, metadata, recursive, validation
from . import configuration as _configuration
from .adapters import dataloader, datasaver, load_from, save_to
from .base import InvalidDecoratorException
from .configuration import config
from .delayed import ResolveAt, resolve, resolve_from_config
from .dependencies import LiteralDependency, UpstreamDependency, configuration, group, source, value
from .expanders import (
    ParameterizedExtract,
    extract_columns,
    extract_fields,
    inject,
    parameterize,
    parameterize_extract_columns,
    parameterize_sources,
    parameterize_values,
    parameterized_inputs,
    parametrized,
    parametrized_input,
    unpack_fields,
)
from .macros import (
    apply_to,
    does,
    dynamic_transform,
    model,
    mutate,
    pipe,
    pipe_input,
    pipe_output,
    step,
)
from .metadata import cache, ray_remote_options, schema, tag, tag_outputs
from .recursive import parameterized_subdag, subdag
from .validation import (
    DATA_VALIDATOR_ORIGINAL_OUTPUT_TAG,
    IS_DATA_VALIDATOR_TAG,
    check_output,
    check_output_custom,
)

# It takes no arguments, so it is used without brackets: the name is an instance.
hamilton_exclude = _configuration.hamilton_exclude()
