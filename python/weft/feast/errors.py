"""Feast's exceptions, raised where Feast raises them. All others are `weft.WeftError`."""

from __future__ import annotations


class FeastError(Exception):
    """What is wrong with a definition or a question."""

    http_status = 500

    def http_status_code(self) -> int:
        return self.http_status


class FeastObjectNotFoundException(FeastError):
    """There is nothing of this name."""

    http_status = 404


class _NotFound(FeastObjectNotFoundException):
    what = ""

    def __init__(self, name, project=None, hint=""):
        self.name = name
        where = f" in project {project}" if project else ""
        super().__init__(f"{self.what} {name} does not exist{where}{hint}")


class EntityNotFoundException(_NotFound):
    what = "Entity"


class FeatureServiceNotFoundException(_NotFound):
    what = "Feature service"


class FeatureViewNotFoundException(_NotFound):
    what = "Feature view"


class OnDemandFeatureViewNotFoundException(_NotFound):
    what = "On demand feature view"


class DataSourceObjectNotFoundException(_NotFound):
    what = "Data source"


class SavedDatasetNotFound(_NotFound):
    what = "Saved dataset"


class ValidationReferenceNotFound(_NotFound):
    what = "Validation reference"


class ProjectObjectNotFoundException(_NotFound):
    what = "Project"


class PermissionObjectNotFoundException(_NotFound):
    what = "Permission"


class ProjectNotFoundException(FeastError):
    def __init__(self, project):
        super().__init__(f"Project {project} does not exist")


class DataSourceNotFoundException(FeastError):
    def __init__(self, path):
        super().__init__(f"There are no rows at '{path}'")


class DataSourceNoNameException(FeastError):
    def __init__(self):
        super().__init__("A source needs a name")


class DataSourceRepeatNamesException(FeastError):
    def __init__(self, ds_name: str):
        super().__init__(f"Two sources that differ are called {ds_name}; names are told apart without case")


class ConflictingFeatureViewNames(FeastError):
    def __init__(self, feature_view_name: str, existing_type: str | None = None, new_type: str | None = None):
        kinds = f" ({existing_type}, {new_type})" if existing_type and new_type else ""
        super().__init__(
            f"Two views that differ are called {feature_view_name}{kinds}; names are told apart without case"
        )


class FeatureNameCollisionError(FeastError):
    def __init__(self, feature_refs_collisions: list[str], full_feature_names: bool):
        names = ", ".join(feature_refs_collisions)
        if full_feature_names:
            hint = "give one of the views another name with view.with_name(...)"
        else:
            hint = "ask with full_feature_names=True"
        super().__init__(f"Several columns of the answer are called alike ({names}): {hint}")


class InvalidFeaturesParameterType(FeastError):
    def __init__(self, features):
        super().__init__(
            f"features is a list of 'view:feature' or a FeatureService, found {type(features).__name__}"
        )


class RequestDataNotFoundInEntityDfException(FeastObjectNotFoundException):
    def __init__(self, feature_name, feature_view_name):
        super().__init__(
            f"On-demand view {feature_view_name} takes {feature_name}, which entity_df does not have"
        )


class RequestDataNotFoundInEntityRowsException(FeastObjectNotFoundException):
    def __init__(self, feature_names):
        super().__init__(f"On-demand views take {', '.join(feature_names)}, which the request does not bring")


class FeastEntityDFMissingColumnsError(FeastError):
    def __init__(self, expected, missing):
        super().__init__(
            f"entity_df lacks {sorted(missing)}; the views asked have the keys {sorted(expected)}"
        )


class EntityTimestampInferenceException(FeastError):
    def __init__(self, expected_column_name: str):
        super().__init__(
            f"entity_df has no column {expected_column_name}, and not exactly one column of times"
        )


class EntityDFNotDateTime(FeastError):
    def __init__(self, name="", found=""):
        column = f"column {name} of entity_df" if name else "the event time of entity_df"
        super().__init__(
            f"{column} holds no times{f', but {found}' if found else ''}: "
            "use pandas.to_datetime(..., utc=True)"
        )


class InvalidEntityType(FeastError):
    def __init__(self, entity_type: type):
        super().__init__(f"entity_df is a DataFrame or an Arrow table, found {entity_type.__name__}")


class PushSourceNotFoundException(FeastError):
    http_status = 422

    def __init__(self, push_source_name: str):
        super().__init__(f"There is no push source {push_source_name}, or no view has it as its source")


class SavedDatasetLocationAlreadyExists(FeastError):
    def __init__(self, location: str):
        super().__init__(f"There is something at {location}; overwrite it with allow_overwrite=True")


class RegistryInferenceFailure(FeastError):
    def __init__(self, repo_obj_type: str, specific_issue: str):
        super().__init__(f"{repo_obj_type}: {specific_issue}")


class SpecifiedFeaturesNotPresentError(FeastError):
    def __init__(self, specified_features, inferred_features, feature_view_name: str):
        missing = ", ".join(field.name for field in specified_features)
        found = ", ".join(field.name for field in inferred_features)
        super().__init__(f"{feature_view_name} should give {missing}, found {found}")


class FeatureViewMissingDuringFeatureServiceInference(FeastError):
    def __init__(self, feature_view_name: str, feature_service_name: str):
        super().__init__(
            f"Service {feature_service_name} takes view {feature_view_name}, which is not applied"
        )


class FeastJoinKeysDuringMaterialization(FeastError):
    def __init__(self, source: str, join_key_columns, source_columns):
        super().__init__(f"{source} lacks the join keys {sorted(join_key_columns - set(source_columns))}")


class FeastProviderNotImplementedError(FeastError):
    def __init__(self, provider_name):
        super().__init__(
            f"provider {provider_name!r} is not known: only local is, and stores by their own keys"
        )


class FeastOfflineStoreInvalidName(FeastError):
    def __init__(self, offline_store_class_name: str):
        super().__init__(
            f"offline_store of type {offline_store_class_name!r}: file, dask and duckdb are taken, and "
            "Weft's engine stands for them"
        )


class FeastOnlineStoreInvalidName(FeastError):
    def __init__(self, online_store_class_name: str):
        super().__init__(
            f"online_store of type {online_store_class_name!r}: sqlite (Weft's own files stand for it) and "
            "redis are taken"
        )


class FeastRegistryTypeInvalidError(FeastError):
    def __init__(self, registry_type: str):
        super().__init__(f"registry_type {registry_type!r}: file and sql (PostgreSQL) are taken")


class FeastRegistryNotSetError(FeastError):
    def __init__(self):
        super().__init__("The configuration names no registry")


class FeastPermissionError(FeastError):
    http_status = 403

    def __init__(self, details: str):
        super().__init__(details)


class ZeroRowsQueryResult(FeastError):
    def __init__(self, query: str):
        super().__init__(f"The query gives no rows: {query}")
