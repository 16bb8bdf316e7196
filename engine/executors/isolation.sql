-- What a connection gives up before an isolated metric runs. `allowed_paths` was set before: once external access is
-- off, no other file can be reached and no more can be allowed.

-- Nothing spills: there is no file that this process may write.
SET temp_directory = '';
SET enable_external_access = false;
SET lock_configuration = true;
